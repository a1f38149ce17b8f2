# tests/long/aws.bash -- behind tap.bash, for what has to do with the templates: no
# AWS but what a job starts, and the store's template in $tmp/store.json.
# shellcheck shell=bash

unset "${!AWS_@}"
export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
export AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE=/dev/null
export AWS_SHARED_CREDENTIALS_FILE=/dev/null TQ_STORE=aws:jobs

# The store's template as it was once released: what is in it holds data.
# shellcheck disable=SC2034 # both jobs use it
before=tests/fixtures/store-template.json

print_template() {
	tq-ctl init --print-template -q mail -q low-prio >"$tmp/store.json"
}
