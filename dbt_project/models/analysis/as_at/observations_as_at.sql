{{ config(materialized="table_function", parameters=["moment"], contract={"enforced": false}) }}
{{ flat_observations(history=false, moment="cast(moment as timestamp)") }}
