//! Two lanes of work at once. Much of the work has one thread only, such as GCC on a whole
//! program; then the other lane uses the other processors.

use std::panic::resume_unwind;
use std::thread;

use miette::Result;

use crate::progress::say;

/// Does both, each in a thread, to its end: what one finds is worth knowing though the other
/// has failed.
pub fn both<A: Send, B>(
    first: impl FnOnce() -> Result<A> + Send,
    second: impl FnOnce() -> Result<B>,
) -> Result<(A, B)> {
    let (first, second) = thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap_or_else(|panic| resume_unwind(panic)), second)
    });
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(first), Err(second)) => {
            say(&format!("{first:?}"));
            Err(second)
        }
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use miette::bail;

    use super::both;

    #[test]
    fn both_run_at_once() {
        let (to_second, from_first) = channel();
        let (to_first, from_second) = channel();
        let first = move || {
            to_second.send(1).expect("the second waits");
            Ok(from_second.recv().expect("the second answers"))
        };
        let second = || {
            let number = from_first.recv().expect("the first speaks");
            to_first.send(number + 1).expect("the first waits");
            Ok(number)
        };
        assert_eq!(both(first, second).expect("both succeed"), (2, 1));
    }

    #[test]
    fn an_error_does_not_stop_the_other() {
        let mut ended = false;
        let second = || {
            ended = true;
            Ok(())
        };
        assert_eq!(both::<(), ()>(|| bail!("no"), second).unwrap_err().to_string(), "no");
        assert!(ended);
        assert_eq!(both::<(), ()>(|| Ok(()), || bail!("never")).unwrap_err().to_string(), "never");
    }
}
