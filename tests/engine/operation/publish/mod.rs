//! Certificates put into the directory and taken out of it by request.

mod directory;
mod files;
mod guard;
mod interrupted;
mod publishing;
mod unpublishing;
