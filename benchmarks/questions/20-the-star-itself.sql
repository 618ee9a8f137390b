-- How many figures does the star schema have for each measure?
SELECT m.measure_name, count(*) AS figures, min(p.period_start) AS first, max(p.period_end) AS last
FROM marts.fct_observation AS o
JOIN marts.dim_measure AS m ON m.measure_code = o.measure_code
JOIN marts.dim_period AS p ON p.period_code = o.period_code
WHERE o.measure_code LIKE 'ons.%'
GROUP BY m.measure_name
ORDER BY figures DESC
