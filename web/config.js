// Where tq-serve answers.  "" is the origin this page comes from; when the
// page lives elsewhere (S3 and CloudFront, say), name tq-serve here, as in
// "https://tq.example.org", and start it with --cors and the page's origin.
export const api = "";
