//! Tests of jq.
