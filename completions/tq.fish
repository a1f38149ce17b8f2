# fish completion for the tq tool that this file is named after: asks the tool
# that is installed for its options.
set -l tool (basename (status filename) .fish)
$tool --help=fish 2>/dev/null | source
