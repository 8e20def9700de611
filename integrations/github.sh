#!/usr/bin/env bash
# What action.yml runs: installs nginxsim apart from everything else, runs the suites, and puts coverage into the job's summary.
set -euo pipefail

action=${GITHUB_ACTION_PATH:-$(cd "$(dirname "$0")/.." && pwd)}
scratch=$(TMPDIR=${RUNNER_TEMP:-${TMPDIR:-}} mktemp -d)
trap 'rm -rf "$scratch"' EXIT

if [ -z "${NGINXSIM:-}" ]; then
    python3 -m venv "$scratch/venv"
    "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check "$action"
    NGINXSIM=$scratch/venv/bin/nginxsim
fi

status=0
# Paths and arguments are lists of words.
# shellcheck disable=SC2086
"$NGINXSIM" test ${NGINXSIM_PATHS:-.} --output github --coverage \
    --coverage-fail-under "${NGINXSIM_COVERAGE_FAIL_UNDER:-0}" \
    --coverage-markdown "$scratch/coverage.md" ${NGINXSIM_ARGUMENTS:-} || status=$?

if [ -s "$scratch/coverage.md" ] && [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
    { echo "### Ingress coverage"; echo; cat "$scratch/coverage.md"; } >> "$GITHUB_STEP_SUMMARY"
fi
exit "$status"
