class Labtrust < Formula
  desc "Private CA and certificate trust installer for self-hosted GitLab"
  version "@VERSION@"
  license "MIT"

  source = "@SOURCE@"
  source = "file://#{File.realpath(__dir__)}" if source.empty?

  on_macos do
    on_arm do
      url "#{source}/labtrust-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@aarch64-apple-darwin@"
    end
    on_intel do
      url "#{source}/labtrust-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "#{source}/labtrust-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "#{source}/labtrust-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "labtrust"
    man1.install Dir["man/*.1"]
    bash_completion.install "completions/labtrust.bash" => "labtrust"
    zsh_completion.install "completions/_labtrust"
    fish_completion.install "completions/labtrust.fish"
    doc.install "README.md", "CHANGELOG.md", "THIRD-PARTY-LICENSES"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/labtrust --version")
  end
end
