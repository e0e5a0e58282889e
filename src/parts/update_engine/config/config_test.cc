#include "parts/update_engine/config/config.h"

#include <doctest/doctest.h>

using namespace argosy::update_engine;

TEST_CASE("lines are taken as they are, but for one pair of quotes") {
  const Settings settings = parse_settings(
      "GROUP=beta\n# GROUP=alpha\nSERVER=\"http://x/?a=b\"\n  SPACED = value \nEMPTY=\n"
      "single='q'\nhalf=\"q\none='\nno equals sign\ntwice=1\ntwice=2\ninner=\"\"q\"\"");
  CHECK(settings.at("GROUP") == "beta");
  CHECK(settings.at("# GROUP") == "alpha");
  CHECK(settings.at("SERVER") == "http://x/?a=b");
  CHECK(settings.at("  SPACED ") == " value ");
  CHECK(settings.at("EMPTY").empty());
  CHECK(settings.at("single") == "q");
  CHECK(settings.at("half") == "\"q");
  CHECK(settings.at("one") == "'");
  CHECK(settings.at("twice") == "2");
  CHECK(settings.at("inner") == "\"q\"");
  CHECK(settings.size() == 10);
}

TEST_CASE("the first file with a key decides, key by key, empty or not") {
  const Settings files[] = {parse_settings("GROUP=\n"), parse_settings("GROUP=beta\nSERVER=s\n")};
  CHECK(look_up(files, "GROUP") == "");
  CHECK(look_up(files, "SERVER") == "s");
  CHECK_FALSE(look_up(files, "OTHER"));
}

TEST_CASE("defaults") {
  const Config config = make_config(Family::kCoreOs, {}, {});
  CHECK(config.track == "stable");
  CHECK(config.server == "https://public.update.core-os.net/v1/update/");
  CHECK(config.is_default_server(Family::kCoreOs));
  CHECK_FALSE(config.is_default_server(Family::kFlatcar));
  CHECK(config.app_id == "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}");
  CHECK(config.app_version.empty());
  CHECK(make_config(Family::kFlatcar, {}, {}).is_default_server(Family::kFlatcar));
}

TEST_CASE("a machine's files") {
  const std::string etc = "GROUP=alpha\nSERVER=http://nebraska/v1/update/\n";
  const std::string usr = "SERVER=https://public.update.core-os.net/v1/update/\nGROUP=stable\n";
  const std::string release =
      "COREOS_RELEASE_VERSION=2512.3.0\nCOREOS_RELEASE_BOARD=amd64-usr\n"
      "COREOS_RELEASE_APPID={e96281a6-d1af-4bde-9a0a-97b76e56dc57}\nMACHINE_ALIAS=m\n";
  const std::string files[] = {etc, usr, release};
  const std::string oem[] = {"ID=ec2\nVERSION_ID=0.1.2\nNAME=\"Amazon EC2\"\n"};
  const Config config = make_config(Family::kCoreOs, files, oem);
  CHECK(config.track == "alpha");
  CHECK(config.server == "http://nebraska/v1/update/");
  CHECK(config.app_version == "2512.3.0");
  CHECK(config.board == "amd64-usr");
  CHECK(config.oem == "ec2");
  CHECK(config.oem_version == "0.1.2");
  CHECK(config.machine_alias.empty());
}

TEST_CASE("Flatcar has names and keys of its own") {
  CHECK(update_conf_paths(Family::kFlatcar)[0] == "/etc/flatcar/update.conf");
  CHECK(update_conf_paths(Family::kCoreOs)[2] == "/usr/share/coreos/release");
  CHECK(oem_release_paths()[1] == "/usr/share/oem/oem-release");
  const std::string files[] = {"MACHINE_ALIAS=\"rack 7\"\nDOWNLOAD_USER=u\nDOWNLOAD_PASSWORD=p\n",
                               "FLATCAR_RELEASE_VERSION=4081.2.0\nCOREOS_RELEASE_VERSION=1\n"};
  const Config config = make_config(Family::kFlatcar, files, {});
  CHECK(config.app_version == "4081.2.0");
  CHECK(config.machine_alias == "rack 7");
  CHECK(config.download_user == "u");
  CHECK(config.download_password == "p");
}
