-- Which trusts missed the standard in a month, and by how much?
SELECT location_name, value, standard_threshold, variation_icon
FROM standards
WHERE measure_code = 'nhse.ae_breach_proportion' AND period_code = '2019-03' AND NOT is_standard_met
ORDER BY value DESC
