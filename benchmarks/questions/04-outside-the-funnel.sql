-- For each measure, how many locations are higher than chance explains?
SELECT measure_code, count(*) AS places
FROM standards
WHERE funnel_class = 'high beyond 99.8%'
GROUP BY measure_code
ORDER BY places DESC
LIMIT 50
