//! Forks (dissertation, §5.3): the caller's kernel lets that of the child copy what the caller
//! is, while he waits.
//!
//! The ghost of the child asks the ghost of its parent: first what the parent's kernel keeps of
//! him, then for the right to read his memory, run by run, last for his references. When it has
//! all of that the child goes on where its parent's call will return. Whatever fails before
//! then, on either side, leaves no child.
//!
//! | file | subject |
//! |---|---|
//! | `parent` | what the parent's kernel keeps meanwhile, and yields |
//! | `child` | how the child's ghost makes it |
//! | `inherit` | the references of the child |
//! | `renew` | events that the child's handlers are to be told of |
//! | `record` | how all that travels |

pub(crate) mod child;
mod inherit;
mod parent;
mod record;
pub(crate) mod renew;

pub(crate) use parent::{Fork, Listed};
