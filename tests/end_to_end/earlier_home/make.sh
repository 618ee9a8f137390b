#!/usr/bin/env bash
# Make a small home with the version of the code in another checkout, for the test that users can upgrade:
#   make.sh CHECKOUT HOME ARCHIVE
# CHECKOUT has its packages installed (`make setup`). The home gets the references of that version's sample and the first
# submission of one return. What a refresh makes again (build, logs, Dagster's record) is left out.
set -euo pipefail
checkout=$1 home=$2 archive=$3
sample=$(mktemp -d)
"$checkout/.venv/bin/oversight" sample "$sample"
awk -F'\t' 'NR == 1 || $2 == "reference" || $1 ~ /ons_healthy_life_expectancy_v2024/' "$sample/SUBMISSIONS.tsv" > "$sample/few.tsv"
OVERSIGHT_HOME=$home "$checkout/.venv/bin/oversight" refresh --submissions "$sample/few.tsv"
tar --create --directory "$(dirname "$home")" --exclude=build --exclude=logs --exclude=dagster \
    --transform "s,^$(basename "$home"),home," "$(basename "$home")" | xz -9e > "$archive"
rm -r "$sample"
