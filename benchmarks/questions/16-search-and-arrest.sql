-- How often did a search end in arrest, by force and year?
SELECT location_name, period_code, sum(numerator) AS arrests, sum(denominator) AS searches
FROM observations
WHERE measure_code = 'ho.arrests_per_100_searches' AND location_level = 'police_force'
GROUP BY location_name, period_code
ORDER BY location_name, period_code
