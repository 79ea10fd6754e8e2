//! What is read out of the values of a directory.

mod corpus;
mod openssl;
mod properties;
mod values;
