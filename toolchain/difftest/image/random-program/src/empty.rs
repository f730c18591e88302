/// What every random program has, with no functions to call.
pub fn run(_out: &mut dyn core::fmt::Write) -> core::fmt::Result {
    Ok(())
}
