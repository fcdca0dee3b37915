import io.trino.server.Server;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Trino's own main module is in no registry: `Launcher <version> <owner's process id> <its folder>`. */
public class Launcher {
  private static final long LOOK_MS = 500;

  public static void main(String[] args) throws Exception {
    long owner = Long.parseLong(args[1]);
    Path folder = Path.of(args[2]);
    Thread watch = new Thread(() -> endWith(owner, folder), "owner");
    watch.setDaemon(true);
    watch.start();
    new Server().start(args[0]);
  }

  /** Whoever kills the tests leaves neither this process nor its data. */
  private static void endWith(long owner, Path folder) {
    try {
      while (ProcessHandle.of(owner).isPresent()) Thread.sleep(LOOK_MS);
      try (var paths = Files.walk(folder)) {
        paths.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
      }
    } catch (InterruptedException | IOException | RuntimeException e) {
      // Ending matters more than the folder.
    } finally {
      Runtime.getRuntime().halt(1);
    }
  }
}
