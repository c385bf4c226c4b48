#!/bin/sh
# Sets up the course from this folder the first time, then opens the notebooks. No network, no administrator.
begin="$(cd "$(dirname "$0")" && pwd)/collection/tools/offline/start.py"
for python in $PYTHON NAMES python3; do
  if "$python" "$begin" --fits >/dev/null 2>&1; then
    exec "$python" "$begin" "$@"
  fi
done
echo "No fitting Python was found: this kit needs Python WORDS. Name one: PYTHON=/path/to/python sh start.sh" >&2
echo "To read needs no Python: open site/index.html." >&2
exit 1
