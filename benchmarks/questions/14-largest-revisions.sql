-- Which figures had the largest revisions?
SELECT measure_name, location_name, period_code, first_value, latest_value, revision
FROM revisions
WHERE measure_code = 'ons.economic_activity_rate' AND version_count > 1
ORDER BY abs(revision) DESC NULLS LAST
LIMIT 50
