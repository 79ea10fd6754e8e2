//! The engine over a real state and a real folder: what each event in the source does at the target.

mod anchor_change;
mod as_desired;
mod cancel;
mod changed_folder;
mod crash;
mod damage;
mod damaged_files;
mod delta;
mod delta_histories;
mod events;
mod faulty_vfs;
mod folder;
mod guard;
mod halves;
mod harness;
mod histories;
mod identity;
mod in_doubt;
mod in_place;
mod lost_state;
mod mode;
mod permutations;
mod preview;
mod properties;
mod rehearsal;
mod removal;
mod rivals;
mod several_sources;
mod state;
mod state_contents;
mod telling;
mod through_folder;
mod time;
mod undone;
mod unmet;
// The profiles of the states that it holds have paths of Unix.
#[cfg(unix)]
mod upgrade;
mod verify;
mod wiped;
pub mod world;
