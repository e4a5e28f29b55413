/* The floor of a relay: a UDP forwarder that takes bundles by GRO and sends each on in one piece by GSO, many in one system call.
   forward ADDRESS PORT  - prints "ready"; each bundle goes to the sender of the bundle before it, so that peers feed one another.
   It ends with its input, so that it never outlives the program that started it. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#define PLACES 64
#define LEVEL_UDP 17

static unsigned char bytes[PLACES][65536];
static char control[PLACES][64];
static struct sockaddr_in names[PLACES + 1];
static struct iovec entries[PLACES];
static struct mmsghdr messages[PLACES];

static int segment_of(struct msghdr *header)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
        if (c->cmsg_level == LEVEL_UDP && c->cmsg_type == UDP_GRO)
            return *(int *)CMSG_DATA(c);
    return 0;
}

static void prepare(void)
{
    for (int i = 0; i < PLACES; i++)
    {
        entries[i] = (struct iovec){ bytes[i], sizeof bytes[i] };
        messages[i].msg_hdr = (struct msghdr){ .msg_name = &names[i + 1], .msg_namelen = sizeof names[0], .msg_iov = &entries[i],
            .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof control[i] };
    }
}

/* What was received becomes what is sent: one place further back in the row of names. */
static void turn(int count)
{
    for (int i = 0; i < count; i++)
    {
        struct msghdr *header = &messages[i].msg_hdr;
        int segment = segment_of(header);
        entries[i].iov_len = messages[i].msg_len;
        header->msg_name = &names[i];
        header->msg_control = 0;
        header->msg_controllen = 0;
        if (segment && (unsigned)segment < messages[i].msg_len)
        {
            header->msg_control = control[i];
            header->msg_controllen = CMSG_SPACE(sizeof(uint16_t));
            struct cmsghdr *c = CMSG_FIRSTHDR(header);
            c->cmsg_level = LEVEL_UDP;
            c->cmsg_type = UDP_SEGMENT;
            c->cmsg_len = CMSG_LEN(sizeof(uint16_t));
            *(uint16_t *)CMSG_DATA(c) = (uint16_t)segment;
        }

        /* Touches each datagram, so that the copy is not free. */
        for (size_t at = 0; at < entries[i].iov_len; at += segment ? (size_t)segment : entries[i].iov_len)
            bytes[i][at]++;
    }
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    int s = socket(AF_INET, SOCK_DGRAM, 0), big = 64 << 20, one = 1;
    struct sockaddr_in own = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
    inet_pton(AF_INET, argv[1], &own.sin_addr);
    setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    setsockopt(s, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof big);
    setsockopt(s, LEVEL_UDP, UDP_GRO, &one, sizeof one);
    if (bind(s, (void *)&own, sizeof own))
        return perror("bind"), 1;
    puts("ready");
    fflush(stdout);
    struct pollfd waits[2] = { { s, POLLIN, 0 }, { 0, POLLIN, 0 } };
    for (;;)
    {
        prepare();
        int count = recvmmsg(s, messages, PLACES, MSG_DONTWAIT, 0);
        if (count <= 0)
        {
            if (poll(waits, 2, -1) > 0 && waits[1].revents)
                return 0;
            continue;
        }

        turn(count);
        int first = names[0].sin_port == 0;
        for (int done = first; done < count;)
        {
            int sent = sendmmsg(s, messages + done, count - done, 0);
            done += sent > 0 ? sent : 1;
        }

        names[0] = names[count];
    }
}
