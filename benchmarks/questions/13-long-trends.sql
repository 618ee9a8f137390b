-- Which measures have a long-run trend for the worse?
SELECT measure_name, location_level, count(*) AS series
FROM trends
WHERE long_run_judgement = 'getting worse'
GROUP BY measure_name, location_level
ORDER BY series DESC
LIMIT 50
