{{ flat_observations(history=false) }}
