// Stan's own sampler as a program: density, timing and draws of the model linked to it.
//
//   driver density DATA POINTS            log density, then the gradient, one point a line
//   driver time    DATA POINTS REPEATS    seconds of one log density with its gradient
//   driver sample  DATA INIT OUT SEED CHAIN WARMUP DRAWS ACCEPT DEPTH     its peak memory (bytes)

#include <chrono>
#include <fstream>
#include <iomanip>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <stan/callbacks/interrupt.hpp>
#include <stan/callbacks/stream_logger.hpp>
#include <stan/callbacks/stream_writer.hpp>
#include <stan/callbacks/writer.hpp>
#include <stan/io/json/json_data.hpp>
#include <stan/model/log_prob_grad.hpp>
#include <stan/model/model_base.hpp>
#include <stan/services/sample/hmc_nuts_diag_e_adapt.hpp>

stan::model::model_base &new_model(stan::io::var_context &data, unsigned int seed,
                                   std::ostream *messages);

namespace {

stan::json::json_data read(const std::string &path) {
  std::ifstream file(path);
  if (!file) {
    throw std::runtime_error("cannot read " + path);
  }
  return stan::json::json_data(file);
}

std::vector<std::vector<double>> points(const std::string &path) {
  std::ifstream file(path);
  std::vector<std::vector<double>> found;
  for (std::string line; std::getline(file, line);) {
    std::istringstream numbers(line);
    found.emplace_back();
    for (double value; numbers >> value;) {
      found.back().push_back(value);
    }
  }
  return found;
}

double density(stan::model::model_base &model, std::vector<double> &at,
               std::vector<double> &gradient) {
  std::vector<int> none;
  return stan::model::log_prob_grad<true, true>(model, at, none, gradient, &std::cerr);
}

void print_density(stan::model::model_base &model, std::vector<std::vector<double>> at) {
  std::cout << std::setprecision(17);
  for (auto &point : at) {
    std::vector<double> gradient;
    std::cout << density(model, point, gradient);
    for (double value : gradient) {
      std::cout << ' ' << value;
    }
    std::cout << '\n';
  }
}

void print_seconds(stan::model::model_base &model, std::vector<std::vector<double>> at,
                   int repeats) {
  std::vector<double> gradient;
  for (auto &point : at) {
    density(model, point, gradient);
  }
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) {
    density(model, at[i % at.size()], gradient);
  }
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::cout << std::setprecision(9) << elapsed.count() / repeats << '\n';
}

// The largest resident set in bytes, 0 where the system does not say.
long peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    long kilobytes = 0;
    if (word == "VmHWM:" && status >> kilobytes) {
      return kilobytes * 1024;
    }
  }
  return 0;
}

int sample(stan::model::model_base &model, char **argv) {
  auto init = read(argv[3]);
  std::ofstream file(argv[4]);
  file << std::setprecision(12);
  stan::callbacks::stream_writer draws(file, "# ");
  stan::callbacks::writer nothing;
  stan::callbacks::interrupt interrupt;
  std::ostringstream quiet;
  stan::callbacks::stream_logger logger(quiet, quiet, quiet, std::cerr, std::cerr);
  const unsigned int seed = std::stoul(argv[5]), chain = std::stoul(argv[6]);
  const int warmup = std::stoi(argv[7]), kept = std::stoi(argv[8]), depth = std::stoi(argv[10]);
  const double accept = std::stod(argv[9]);
  // the rest as CmdStan has it
  const int code = stan::services::sample::hmc_nuts_diag_e_adapt(
      model, init, seed, chain, 0.0, warmup, kept, 1, false, 0, 1.0, 0.0, depth, accept, 0.05,
      0.75, 10.0, 75, 50, 25, interrupt, logger, nothing, draws, nothing);
  std::cout << peak_bytes() << '\n';
  return code;
}

} // namespace

int main(int argc, char **argv) {
  try {
    const std::string task = argc > 3 ? argv[1] : "";
    auto data = read(argc > 2 ? argv[2] : "");
    auto &model = new_model(data, 1, &std::cerr);
    if (task == "density") {
      print_density(model, points(argv[3]));
    } else if (task == "time" && argc > 4) {
      print_seconds(model, points(argv[3]), std::stoi(argv[4]));
    } else if (task == "sample" && argc > 10) {
      return sample(model, argv);
    } else {
      std::cerr << "usage: see driver.cpp\n";
      return 2;
    }
  } catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
