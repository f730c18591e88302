//! Compares random programs, and keeps those whose outputs differ.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use crate::compare::{Failure, Report, Sections};
use crate::configuration::{Extent, Matrix};
use crate::error::{Error, Result};
use crate::{Bench, build, fuzz, machine};

/// So many functions make a program that GCC compiles in seconds.
const FUNCTIONS_PER_PROGRAM: usize = 200;

/// A program that [`fuzz::generate`] makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Recipe {
    seed: u64,
    functions: usize,
}

impl Bench<'_> {
    /// Compares random functions in every configuration: programs of up to 200
    /// of them, the first one of the seed `seed`, the next ones of the seeds
    /// that follow. The programs whose outputs differ are kept below
    /// [`Bench::failures`], as short as dropping functions makes them.
    pub fn fuzz(&self, seed: u64, functions: usize) -> Result<Report> {
        let mut report = Report::default();
        for recipe in recipes(seed, functions) {
            let of_program = self.compare_random(recipe, &Matrix::of(Extent::Whole))?;
            if let Some(first) = of_program.failures.first() {
                self.keep(recipe, first, &of_program.failures)?;
            }
            report.merge(of_program);
        }
        Ok(report)
    }

    fn compare_random(&self, recipe: Recipe, matrix: &Matrix) -> Result<Report> {
        let Recipe { seed, functions } = recipe;
        (self.progress)(&format!("seed {seed}: {functions} functions"));
        let source = self.work.join("random.rs");
        write(&source, &fuzz::generate(seed, functions))?;
        let output = self.on_host(&build::Program::expected_random(&source), "")?;
        let expected = Sections::of_functions(&output);
        let found = self.in_all(matrix, |bench, configuration| {
            let image = bench.image(&build::Program::random(&source), configuration)?;
            machine::run(&image, configuration.gcc, "", machine::RANDOM_LIMIT)
        })?;
        let mut report = Report::default();
        for (configuration, run) in found {
            let found = Sections::of_functions(&run.output);
            report.compare(configuration, &expected, &found, run.ending);
        }
        Ok(report)
    }

    /// Keeps a program in a folder of its own, with what was found.
    fn keep(&self, recipe: Recipe, first: &Failure, failures: &[Failure]) -> Result<()> {
        let recipe = self.reduce(recipe, first)?;
        let folder = self.failures().join(format!("seed-{}-{}", recipe.seed, first.name));
        write(&folder.join("program.rs"), &fuzz::generate(recipe.seed, recipe.functions))?;
        let mut text = String::new();
        for failure in failures {
            write!(text, "{failure}").expect("a String takes it all");
        }
        write(&folder.join("report.txt"), &text)
    }

    /// The functions up to the one that differs are enough, if it still differs
    /// without those behind it.
    fn reduce(&self, recipe: Recipe, first: &Failure) -> Result<Recipe> {
        let shorter = recipe.up_to(&first.name);
        if shorter == recipe {
            return Ok(recipe);
        }
        let report = self.compare_random(shorter, &Matrix::only(first.configuration))?;
        let same = report.failures.iter().any(|failure| failure.name == first.name);
        Ok(if same { shorter } else { recipe })
    }
}

impl Recipe {
    /// The program that ends with the function called `fNUMBER`.
    fn up_to(self, function: &str) -> Recipe {
        match function.strip_prefix('f').and_then(|number| number.parse::<usize>().ok()) {
            Some(number) => Recipe { functions: self.functions.min(number + 1), ..self },
            None => self,
        }
    }
}

/// The programs that make up so many functions.
fn recipes(seed: u64, functions: usize) -> impl Iterator<Item = Recipe> {
    (0..functions).step_by(FUNCTIONS_PER_PROGRAM).zip(0..).map(move |(before, number)| Recipe {
        seed: seed.wrapping_add(number),
        functions: FUNCTIONS_PER_PROGRAM.min(functions - before),
    })
}

/// Writes a file in a folder that may not be there yet.
fn write(path: &Path, text: &str) -> Result<()> {
    let folder: PathBuf = path.parent().unwrap_or(Path::new(".")).into();
    fs::create_dir_all(&folder).and_then(|()| fs::write(path, text)).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::{Recipe, recipes};

    #[test]
    fn many_functions_are_cut_into_programs() {
        let all: Vec<_> = recipes(u64::MAX, 450).collect();
        assert_eq!(
            all,
            [
                Recipe { seed: u64::MAX, functions: 200 },
                Recipe { seed: 0, functions: 200 },
                Recipe { seed: 1, functions: 50 }
            ]
        );
        assert_eq!(recipes(3, 0).count(), 0);
    }

    #[test]
    fn a_program_is_cut_behind_the_function_that_differs() {
        let recipe = Recipe { seed: 1, functions: 20 };
        assert_eq!(recipe.up_to("f4"), Recipe { seed: 1, functions: 5 });
        assert_eq!(recipe.up_to("panicked"), recipe);
    }
}
