//! Time (B.10): waiting, and how long things have taken.

use core::time::Duration;

use abi::error::CallError;
use abi::service::Operation;
use abi::structs::TimeBuf;
use zerocopy::{FromZeros, IntoBytes};

use crate::pool::launch;
use crate::service::{Error, put, request};
use crate::trap::Calls;
use crate::window::lent_mut;

/// Waits (`inc_sleep`), in whole milliseconds, rounded up.
pub fn sleep(duration: Duration) -> Result<(), CallError> {
    let ms = duration.as_micros().div_ceil(1000);
    Calls::inc_sleep(u32::try_from(ms).map_err(|_| CallError::BadArgument)?)
}

/// How this incarnation has spent its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// In its own code.
    pub user: Duration,
    /// In calls.
    pub system: Duration,
    /// Since it was made.
    pub elapsed: Duration,
}

/// How this incarnation has spent its time (`inc_time`).
pub fn times() -> Result<Times, CallError> {
    let mut raw = TimeBuf::new_zeroed();
    Calls::inc_time(lent_mut(raw.as_mut_bytes()))?;
    let ms = |ms: u32| Duration::from_millis(ms.into());
    Ok(Times {
        user: ms(raw.tb_user.get()),
        system: ms(raw.tb_sys.get()),
        elapsed: ms(raw.tb_elapsed.get()),
    })
}

/// The time of day where the RDC was launched, since the beginning of 1970.
pub fn now() -> Result<Duration, Error> {
    put(launch(), &request(Operation::Time), &[]).map(|now| Duration::from_micros(now.size))
}
