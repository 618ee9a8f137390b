-- How steep is the gradient by deprivation, for each measure of England?
SELECT measure_code, period_code, slope_index, slope_index_lower_95, slope_index_upper_95
FROM fairness
WHERE dimension = 'deprivation' AND location_code = 'E92000001' AND slope_index IS NOT NULL
ORDER BY measure_code, period_code
