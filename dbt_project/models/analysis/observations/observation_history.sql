{{ flat_observations(history=true) }}
