//! Servers that send what no server should: they decide neither how much memory we need, nor how long we wait, nor what
//! becomes of other objects. Needs no server but the one that plays them all.

mod cases;
mod cut;
mod leaving;
mod limits;
mod look_up;
