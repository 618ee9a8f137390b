{{ config(materialized="table_function", parameters=["moment"], contract={"enforced": false}) }}
with derived as (
    {{ derived_measures("cast(moment as timestamp)") | indent }}
)

{{ flat_derived_measures('derived') }}
