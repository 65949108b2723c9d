/* A page cache that can fail, to be preloaded into a process under test.
 *
 * The files in the folder FAULT_FOLDER are what the processes see: the page cache. What is on the
 * disk is kept apart, in the folder FAULT_DISK. N is the number of an inode and the nanosecond in
 * which it was made, because numbers are used again:
 *
 *   N.disk   the pages of the file that syncs have brought to the disk
 *   N.lost   a byte per page: 1 if a failed sync lost its content. It counts as clean then: no later
 *            sync writes it until it is written again.
 *
 * A sync copies pages from the one to the other. Nothing is really synced, so that the tests are
 * fast; the state outlives the process, as a page cache does. A power cut is made by the test: it
 * puts the content of the disk in the place of that of the files.
 *
 *   FAULT_SYNC=n    the n-th sync of the process fails with EIO, and loses what it was to write
 *   FAULT_WRITE=n   the n-th write of the process fails with ENOSPC
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE 4096
/* As much of a file as is looked at. */
#define LONGEST (64L << 20)

/* Which pages of a file this process has written since it was synced. */
struct file {
    unsigned long long inode;
    unsigned char is_dirty[LONGEST / PAGE];
};

static struct file files[16];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long syncs, writes;

typedef ssize_t (*write_at)(int, const void *, size_t, off64_t);

static long number(const char *name) {
    const char *text = getenv(name);
    return text ? atol(text) : 0;
}

/* Whether a file is in the folder. One without a name is in the folder where it was opened. */
static int is_watched(int fd) {
    const char *folder = getenv("FAULT_FOLDER");
    char link[64], path[PATH_MAX];
    if (!folder)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    size_t prefix = strlen(folder);
    struct stat file;
    return !strncmp(path, folder, prefix) && path[prefix] == '/' && !fstat(fd, &file) && S_ISREG(file.st_mode);
}

/* Opens a part of the state of a file. */
static int state_of(int fd, const char *part, int flags) {
    struct statx file;
    char path[PATH_MAX];
    if (statx(fd, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &file))
        return -1;
    snprintf(path, sizeof path, "%s/%llu-%u.%s", getenv("FAULT_DISK"), (unsigned long long)file.stx_ino,
             file.stx_btime.tv_nsec, part);
    return open(path, flags | O_RDWR | O_CLOEXEC, 0600);
}

/* The file, if this process has synced it before. Before that nothing is known of its pages. */
static struct file *known(int fd, int make) {
    struct stat open;
    if (fstat(fd, &open))
        abort();
    for (struct file *file = files; file < files + sizeof files / sizeof *files; file++) {
        if (file->inode == open.st_ino)
            return file;
        if (!file->inode && make) {
            file->inode = open.st_ino;
            return file;
        }
        if (!file->inode)
            break;
    }
    return 0;
}

static void is_written(int fd, off64_t offset, size_t length) {
    struct file *file = known(fd, 0);
    for (off64_t page = offset / PAGE; file && page <= (off64_t)((offset + length - 1) / PAGE); page++)
        if (page < LONGEST / PAGE)
            file->is_dirty[page] = 1;
    int lost = state_of(fd, "lost", 0);
    if (lost < 0)
        return;
    write_at pwrite_ = (write_at)dlsym(RTLD_NEXT, "pwrite64");
    for (off64_t page = offset / PAGE; page <= (off64_t)((offset + length - 1) / PAGE); page++) {
        unsigned char mark = 0;
        if (pread64(lost, &mark, 1, page) == 1 && mark)
            pwrite_(lost, "\0", 1, page);
    }
    close(lost);
}

/* Brings the dirty pages to the disk, or loses them. */
static void write_back(int fd, int fails) {
    static unsigned char page[PAGE], held[PAGE];
    write_at pwrite_ = (write_at)dlsym(RTLD_NEXT, "pwrite64");
    int disk = state_of(fd, "disk", O_CREAT), lost = state_of(fd, "lost", O_CREAT);
    struct stat file;
    if (disk < 0 || lost < 0 || fstat(fd, &file) || file.st_size > LONGEST)
        abort();
    struct file *tracked = known(fd, 0);
    for (off64_t at = 0; at < file.st_size; at += PAGE) {
        unsigned char mark = 0;
        if (tracked && !tracked->is_dirty[at / PAGE])
            continue;
        if (tracked)
            tracked->is_dirty[at / PAGE] = 0;
        memset(held, 0, PAGE);
        ssize_t length = pread64(fd, page, PAGE, at);
        if (length <= 0)
            break;
        int is_there = pread64(disk, held, length, at) == length;
        if (is_there && !memcmp(page, held, length))
            continue;
        if (pread64(lost, &mark, 1, at / PAGE) == 1 && mark)
            continue;
        if (fails)
            pwrite_(lost, "\1", 1, at / PAGE);
        else
            pwrite_(disk, page, length, at);
    }
    known(fd, 1);
    if (!fails && ftruncate(disk, file.st_size))
        abort();
    close(disk);
    close(lost);
}

static int synced(int fd, const char *name) {
    if (!is_watched(fd)) {
        int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
        return real(fd);
    }
    pthread_mutex_lock(&lock);
    int fails = ++syncs == number("FAULT_SYNC");
    write_back(fd, fails);
    pthread_mutex_unlock(&lock);
    if (fails) {
        errno = EIO;
        return -1;
    }
    return 0;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    write_at real = (write_at)dlsym(RTLD_NEXT, "pwrite64");
    if (!is_watched(fd))
        return real(fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    if (++writes == number("FAULT_WRITE")) {
        pthread_mutex_unlock(&lock);
        errno = ENOSPC;
        return -1;
    }
    if (length)
        is_written(fd, offset, length);
    ssize_t done = real(fd, bytes, length, offset);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}
