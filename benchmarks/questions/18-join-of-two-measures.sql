-- Is unemployment correlated with economic inactivity?
SELECT u.period_code, corr(u.value, i.value) AS correlation, count(*) AS places
FROM observations AS u
JOIN observations AS i
    ON i.location_code = u.location_code AND i.period_code = u.period_code
    AND coalesce(i.category, '') = coalesce(u.category, '')
WHERE u.measure_code = 'ons.unemployment_rate' AND i.measure_code = 'ons.economic_inactivity_rate'
GROUP BY u.period_code
ORDER BY u.period_code
