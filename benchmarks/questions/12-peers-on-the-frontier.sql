-- Which locations produce the most with the least?
SELECT frontier_name, location_name, period_code, variable_returns_efficiency
FROM frontiers
WHERE is_efficient
ORDER BY frontier_name, period_code, location_name
LIMIT 200
