//! Times since 1970 as dates.

use core::fmt;

/// A moment in Coordinated Universal Time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Utc {
    seconds: u64,
}

impl Utc {
    /// The moment so many nanoseconds after 1970 began.
    pub fn from_nanoseconds(nanoseconds: u64) -> Utc {
        Utc { seconds: nanoseconds / 1_000_000_000 }
    }

    /// Year, month and day. Howard Hinnant, "chrono-Compatible Low-Level Date
    /// Algorithms", `civil_from_days`: years start in March, eras have 400 years.
    fn date(self) -> (u64, u64, u64) {
        const DAYS_PER_ERA: u64 = 146_097;
        const DAYS_FROM_0000_MARCH_TO_1970: u64 = 719_468;
        let days = self.seconds / 86_400 + DAYS_FROM_0000_MARCH_TO_1970;
        let (era, day) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (era * 400 + year + carry, month, day)
    }
}

impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        let (hour, minute, second) =
            (self.seconds / 3600 % 24, self.seconds / 60 % 60, self.seconds % 60);
        write!(f, "{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_dates() {
        let shown = |seconds: u64| Utc::from_nanoseconds(seconds * 1_000_000_000).to_string();
        assert_eq!(shown(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(shown(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(shown(1_767_225_599), "2025-12-31 23:59:59 UTC");
        assert_eq!(shown(4_107_542_400), "2100-03-01 00:00:00 UTC");
    }
}
