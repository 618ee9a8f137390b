-- Where is a high cost beside a poor outcome?
SELECT location_name, period_code, unit_cost, outcome_value, quadrant
FROM value_for_money
WHERE quadrant IS NOT NULL
ORDER BY unit_cost DESC NULLS LAST
LIMIT 100
