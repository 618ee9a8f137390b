-- How do the groups of one place differ, measure by measure?
SELECT measure_name, characteristic_name, category_name, value, absolute_gap, comparison
FROM group_gaps
WHERE location_code = 'E08000003'
ORDER BY measure_name, category_name, period_code
LIMIT 500
