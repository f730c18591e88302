//! Figures A.1 and A.2 of the dissertation, with what was measured now beside 1990.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Range;
use std::path::Path;

use miette::{Result, miette};
use plotters::prelude::*;

use super::plan::{CELLS, Table};
use super::report::Entry;

/// The size of a figure.
const SIZE: (u32, u32) = (900, 600);
/// Microseconds that fit on a figure.
const TIMES_US: Range<f64> = 10.0..100_000.0;

/// A point: kilobytes, and microseconds.
type Point = (f64, f64);

/// Lines by their labels: now, and in 1990.
type Lines = BTreeMap<&'static str, (Vec<Point>, Vec<Point>)>;

/// Draws both figures.
pub fn draw(folder: &Path, entries: &[Entry]) -> Result<()> {
    for (name, title, kilobytes) in [
        ("figure-a1.svg", "Invocation times between nodes (0-1k extra data)", 1),
        ("figure-a2.svg", "Invocation times between nodes (0-64k extra data)", 64),
    ] {
        let file = folder.join(name);
        let lines = lines(entries, kilobytes << 10);
        figure(&file, title, f64::from(kilobytes), &lines)
            .map_err(|error| miette!("cannot draw {}: {error}", file.display()))?;
    }
    Ok(())
}

/// Those of calls that are measured up to so many bytes.
fn lines(entries: &[Entry], bytes_max: u32) -> Lines {
    let mut lines = Lines::new();
    let cells = || CELLS.iter().filter(|cell| cell.table == Table::A1);
    let reaches = |label| cells().any(|cell| cell.label == label && cell.bytes == bytes_max);
    for cell in cells().filter(|cell| cell.bytes <= bytes_max && reaches(cell.label)) {
        let x = f64::from(cell.bytes) / 1024.0;
        let measured = entries.iter().find(|entry| entry.name == cell.wall_name());
        if let Some(measured) = measured {
            let line = lines.entry(cell.label).or_default();
            line.0.push((x, measured.value));
            line.1.push((x, cell.original_us));
        }
    }
    lines
}

fn figure(file: &Path, title: &str, kilobytes: f64, lines: &Lines) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..kilobytes, TIMES_US.log_scale())?;
    chart
        .configure_mesh()
        .x_desc("kilobytes")
        .y_desc("microseconds per call; dashed: 1990")
        .draw()?;
    for (index, (label, (now, original))) in lines.iter().enumerate() {
        let colour = Palette99::pick(index).to_rgba();
        let stroke = colour.stroke_width(2);
        let legend = move |(x, y)| PathElement::new([(x, y), (x + 20, y)], stroke);
        chart
            .draw_series(LineSeries::new(now.iter().copied(), stroke))?
            .label(*label)
            .legend(legend);
        chart.draw_series(DashedLineSeries::new(original.iter().copied(), 5, 5, colour.into()))?;
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
    Ok(())
}
