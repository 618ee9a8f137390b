-- Which authorities have the highest unemployment of the latest year?
SELECT location_name, value, peer_rank, funnel_class
FROM standards
WHERE measure_code = 'ons.unemployment_rate'
    AND period_code = (SELECT max(period_code) FROM standards WHERE measure_code = 'ons.unemployment_rate')
ORDER BY value DESC
LIMIT 20
