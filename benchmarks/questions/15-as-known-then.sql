-- Which values did a figure have, and from when until when?
SELECT period_code, value, known_from, known_to, submission_key
FROM observation_history
WHERE measure_code = 'ons.unemployment_rate' AND location_code = 'E92000001'
ORDER BY period_code, known_from
