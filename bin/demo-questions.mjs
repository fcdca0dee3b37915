/** What the demo asks, and the README: a question in words and in SQL. */
export const QUESTIONS = [
  {
    asks: 'Which version is nearer to the truth?',
    sql: `SELECT service_version, count(*) AS wines, count(label) AS labelled,
  round(avg(abs(prediction - label)), 3) AS mean_error,
  round(avg((round(prediction) = label)::INT), 3) AS right_share
FROM inference.wine GROUP BY service_version ORDER BY mean_error`,
  },
  {
    asks: 'Are the wines that come now like those that came before?',
    sql: `WITH ranked AS (
  SELECT *, row_number() OVER (ORDER BY request_time DESC, example_id DESC) AS age FROM inference.wine)
SELECT CASE WHEN age <= 500 THEN 'latest 500' ELSE 'before' END AS wines,
  round(avg(alcohol), 2) AS alcohol, round(avg(volatile_acidity), 3) AS volatile_acidity,
  round(avg(prediction), 2) AS prediction
FROM ranked GROUP BY ALL ORDER BY wines`,
  },
  {
    asks: 'What was refused, and why?',
    sql: `SELECT status_code, error_type, count(*) AS requests, max(request_time) AS latest
FROM inference.requests WHERE status_code <> 200 GROUP BY ALL ORDER BY requests DESC`,
  },
  {
    asks: 'How long does an answer take?',
    sql: `SELECT service_version, count(*) AS requests,
  round(quantile_cont(execution_duration_ms, 0.5), 2) AS p50_ms,
  round(quantile_cont(execution_duration_ms, 0.99), 2) AS p99_ms
FROM inference.requests WHERE service = 'wine' AND status_code = 200 GROUP BY ALL ORDER BY ALL`,
  },
  {
    asks: 'Where was a version most wrong?',
    sql: `SELECT example_id, service_version, round(prediction, 2) AS prediction, label, alcohol, sulphates
FROM inference.wine WHERE label IS NOT NULL ORDER BY abs(prediction - label) DESC, example_id LIMIT 5`,
  },
  {
    asks: 'What is said of the wines that are really a 7?',
    sql: `SELECT service_version, round(prediction) AS said, count(*) AS wines
FROM inference.wine WHERE label = 7 GROUP BY ALL ORDER BY ALL`,
  },
  {
    asks: 'Is v2 right more often when it is surer?',
    sql: `SELECT floor(confidence * 5) / 5 AS confidence_from, count(*) AS wines,
  round(avg((prediction = label)::INT), 3) AS right_share
FROM inference.wine WHERE confidence IS NOT NULL AND label IS NOT NULL GROUP BY ALL ORDER BY ALL`,
  },
  {
    asks: 'Which labels were corrected?',
    sql: `SELECT coalesce(example_id, request_id || '-' || row_index) AS example,
  list(label ORDER BY labelled_at, received_at) AS labels
FROM inference.labels WHERE service = 'wine' AND client_request_id IS NULL
GROUP BY ALL HAVING count(DISTINCT label) > 1 ORDER BY max(received_at) DESC, example LIMIT 5`,
  },
  {
    asks: 'How much is labelled, and how soon?',
    sql: `SELECT request_date, count(*) AS wines, round(count(label) / count(*), 2) AS labelled_share,
  median(labelled_at - request_time) AS usual_wait
FROM inference.wine GROUP BY request_date ORDER BY request_date`,
  },
  {
    asks: 'What exactly came in and went out?',
    sql: `SELECT request_id, request ->> '$.dataframe_split.data[0]' AS first_row, response
FROM inference.requests WHERE service = 'wine' AND status_code = 200
ORDER BY request_id DESC LIMIT 1`,
  },
];
