/* lib/store/aws/setup/template.h -- what the parts of the template share. */
#ifndef TQ_STORE_AWS_TEMPLATE_H
#define TQ_STORE_AWS_TEMPLATE_H

#include "store/aws/setup/setup.h"

#define KEEP	"\"DeletionPolicy\": \"Retain\", " \
		"\"UpdateReplacePolicy\": \"Retain\""
#define IF_KMS(yes, no) \
		"{\"Fn::If\": [\"HasKey\", " yes ", " no "]}"
#define NO_VALUE "{\"Ref\": \"AWS::NoValue\"}"

/* aq_template_bucket(s, out): append the bucket and its policy. */
void aq_template_bucket(const struct aq *s, struct tq_buf *out);

#endif
