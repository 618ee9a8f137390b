select
    measure_code,
    counted_measure_code,
    standardisation_method,
    characteristic_base,
    standard_population,
    reference_level
from {{ source('landing', 'standardised_measures') }}
