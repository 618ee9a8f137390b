-- How many people live where the four-hour standard was met?
SELECT period_code, sum(place_count) AS places, sum(met_count) AS met, sum(people_where_met_count) AS people
FROM standard_attainment
WHERE return_code = 'nhse.ae_attendances'
GROUP BY period_code
ORDER BY period_code
