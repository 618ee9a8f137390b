-- Where do gaps between groups widen?
SELECT measure_name, location_name, dimension, period_code, absolute_gap, gap_change
FROM fairness
WHERE gap_direction = 'widens'
ORDER BY abs(gap_change) DESC NULLS LAST
LIMIT 100
