-- Which departments are late, and with how many errors?
SELECT department_name, count(*) AS submissions, sum(days_late_count) AS days_late, sum(error_count) AS errors
FROM submissions
GROUP BY department_name
ORDER BY days_late DESC NULLS LAST
