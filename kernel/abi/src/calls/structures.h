/* Structures of appendix B.1. The 680x0 aligns to two bytes at most. */

/* node allocation entry */
typedef struct {
    unsigned int ne_node;       /* node identifier */
    unsigned int ne_load;       /* node's processing load, x 256 */
} NodeEntry;

/* buffer in the local incarnation's address space */
typedef struct {
    char *bf_base;              /* start of buffer */
    unsigned int bf_cnt;        /* # of bytes in buffer */
} Buf;

/* buffer in a remote incarnation's address space */
typedef struct {
    int ab_bufhandle;           /* handle on remote buffer */
    unsigned int ab_cnt;        /* # bytes in remote buffer */
} AlienBuf;

/* reference identifier */
typedef union {
    unsigned int oi_inc;        /* incarnation handle */
    int oi_stream;              /* stream */
    int oi_port;                /* port */
    int oi_streamhandle;        /* stream handle */
    int oi_porthandle;          /* port handle */
    Buf oi_buf;                 /* local buffer */
    AlienBuf oi_alienbuf;       /* alien buffer */
} Objectid;

/* reference descriptor */
typedef struct {
    unsigned char rd_type;      /* type of reference */
    Objectid rd_obj;            /* local name/description of reference */
    unsigned int rd_keep : 1;   /* 1 iff keep reference on propagation */
    unsigned int rd_domain : 3; /* propagation restriction */
    unsigned int rd_flags : 28; /* type-specific flags */
} RefDescrip;

/* message structure */
typedef struct {
    char m_head[32];            /* header */
    RefDescrip m_ref;           /* reference to propagate */
    unsigned int m_cnt;         /* # bytes extra data sent out */
    unsigned int m_nreply;      /* # bytes in reply */
    char *m_base;               /* buffer for extra data */
} Msg;

/* structure used to specify interfaces to child */
typedef struct {
    unsigned int ii_flags;      /* pertain to interface creation */
    RefDescrip ii_ref;          /* child's interface */
    char ii_chanlabel[20];      /* channel label */
    char ii_hanlabel[20];       /* handle label */
} IncInterface;

/* parameters supplied to child */
typedef struct {
    int ip_datasize;            /* size of data arguments in bytes */
    char *ip_dataargs;          /* pointer to data arguments */
    char ip_nifaces;            /* # of interfaces */
    IncInterface *ip_ifaces;    /* array of interface descriptors */
} IncParams;

/* structure provided to inc_create */
typedef struct {
    unsigned int ic_state;      /* INCHOATE/STARTED */
    IncParams ic_params;        /* declaration of child's parameters */
} IncCreateParams;

/* messages from selected streams, for inc_testPort */
typedef struct {
    int sm_smhan;               /* stream handle */
    int sm_nmsgs;               /* no. msgs arrived from stream */
} SelectMessages;

/* events */
typedef struct {
    unsigned int ed_reference;  /* reference identifier */
    unsigned int ed_evtype;     /* event type */
    unsigned int ed_info1;      /* extra info */
    unsigned int ed_info2;      /* extra info */
} EvDesc;

/* incarnation state */
typedef struct {
    unsigned int is_state;      /* state of incarnation */
    unsigned short is_load;     /* load due to inc. */
    unsigned short is_node;     /* location of inc */
    unsigned int is_usertime;   /* ms executing user code so far */
    unsigned int is_systime;    /* ms executing sys code so far */
    unsigned int is_realtime;   /* ms elapsed since creation */
    unsigned short is_ntext;    /* no. of pages of program text */
    unsigned short is_nheap;    /* no. of pages of program heap */
    unsigned short is_nstack;   /* no. of pages of program stack */
    unsigned char is_npinc;     /* no. of pages of pincdata */
    unsigned char is_nmsgs;     /* no. of arrived invocation messages */
} IncState;

/* local incarnation times returned by inc_time, in ms */
typedef struct {
    unsigned int tb_sys;        /* system time */
    unsigned int tb_user;       /* user time */
    unsigned int tb_elapsed;    /* elapsed time */
} TimeBuf;
