//! The ports of domain-auth on DynamoDB, Amazon SES and Amazon SNS.
