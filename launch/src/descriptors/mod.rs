//! The two files that describe a pool (dissertation, figures 3.3 and 3.4): its nodes with the
//! groups that each belongs to, and its users with the groups whose nodes each may have.
//!
//! Lines that begin with `#` are comments; fields are separated by colons, the elements of a
//! list by commas.

mod lines;
mod nodes;
mod users;

pub use lines::{DescriptorError, Problem};
pub use nodes::{NodeDescriptor, parse_nodes};
pub use users::{SystemRight, UserDescriptor, parse_users};
