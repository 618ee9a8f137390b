-- How does Manchester compare with England on all measures today?
SELECT measure_code, measure_name, period_code, value, benchmark_value, benchmark_comparison, quintile
FROM standards
WHERE location_code = 'E08000003' AND category IS NULL AND benchmark_comparison = 'worse'
ORDER BY period_code DESC, measure_code
LIMIT 200
