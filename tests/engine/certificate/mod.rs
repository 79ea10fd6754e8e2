//! What is read out of the values of a directory.

mod corpus;
mod encrypting;
mod openssl;
mod preference;
mod properties;
mod signatures;
mod values;
