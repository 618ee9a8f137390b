-- Why are figures missing, by return?
SELECT return_code, value_status, count(*) AS figures
FROM observations
WHERE value_status <> ''
GROUP BY return_code, value_status
ORDER BY figures DESC
