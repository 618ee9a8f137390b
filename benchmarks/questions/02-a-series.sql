-- What is the employment rate of England, year by year?
SELECT period_code, value, lower_95, upper_95
FROM estimates
WHERE measure_code = 'ons.employment_rate' AND location_code = 'E92000001'
ORDER BY period_start
