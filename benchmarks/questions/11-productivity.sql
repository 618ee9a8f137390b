-- How has productivity changed, by service and year?
SELECT measure_code, period_code, avg(productivity_growth_pct) AS mean_growth, count(*) AS places
FROM productivity
GROUP BY measure_code, period_code
ORDER BY measure_code, period_code
