{{ flat_derived_measures(ref('fct_derived_measure')) }}
